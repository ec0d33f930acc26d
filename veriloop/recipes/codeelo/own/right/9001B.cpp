#include <iostream>
#include <string>

int main() {
    std::string s;
    std::cin >> s;
    int even = 0;
    for (std::size_t i = 0, j; i < s.size(); i = j) {
        for (j = i; j < s.size() && s[j] == s[i]; ++j) {
        }
        even += (j - i) % 2 == 0;
    }
    std::cout << even << '\n';
}
