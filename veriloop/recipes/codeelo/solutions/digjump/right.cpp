// Breadth first; a digit's jumps are taken once, at the first of its places that is reached.
#include <iostream>
#include <queue>
#include <string>
#include <vector>

int main() {
    std::string digits;
    std::cin >> digits;
    int n = digits.size();
    std::vector<std::vector<int>> places(256);
    for (int i = 0; i < n; i++) places[(unsigned char)digits[i]].push_back(i);
    std::vector<int> jumps(n, -1);
    std::queue<int> queue;
    jumps[0] = 0;
    queue.push(0);
    while (!queue.empty()) {
        int here = queue.front();
        queue.pop();
        auto& next = places[(unsigned char)digits[here]];
        next.push_back(here - 1);
        next.push_back(here + 1);
        for (int there : next)
            if (there >= 0 && there < n && jumps[there] < 0) {
                jumps[there] = jumps[here] + 1;
                queue.push(there);
            }
        next.clear();
    }
    std::cout << jumps[n - 1] << "\n";
}
