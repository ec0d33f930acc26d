#include <iostream>
#include <string>

int main() {
    int low = 1, high = 1000;
    while (low < high) {
        int middle = (low + high) / 2;
        std::cout << "? " << middle << std::endl;
        std::string answer;
        std::cin >> answer;
        if (answer == "=") low = high = middle;
        if (answer == "<") high = middle - 1;
        if (answer == ">") low = middle + 1;
    }
    std::cout << "! " << low << std::endl;
}
