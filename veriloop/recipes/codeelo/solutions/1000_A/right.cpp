// One letter turns any size into any other of its length: count the shirts that find no equal.
#include <iostream>
#include <map>
#include <string>

int main() {
    int n, changes = 0;
    std::cin >> n;
    std::map<std::string, int> old;
    std::string size;
    for (int i = 0; i < n; i++) std::cin >> size, old[size]++;
    for (int i = 0; i < n; i++) {
        std::cin >> size;
        if (old[size] > 0) old[size]--;
        else changes++;
    }
    std::cout << changes << "\n";
}
