constexpr unsigned spin() {
    unsigned x = 1;
    for (unsigned i = 0; i < 260000; i++)
        for (unsigned j = 0; j < 260000; j++) x = x * 1664525u + 1013904223u;
    return x;
}
constexpr unsigned answer = spin();
int main() { return answer; }
