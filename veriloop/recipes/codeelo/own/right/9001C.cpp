#include <cstdio>

int main() {
    long long n, s;
    if (std::scanf("%lld %lld", &n, &s) != 2) return 1;
    long long least = n * (n + 1) / 2;
    if (least > s) {
        std::puts("-1");
        return 0;
    }
    for (long long i = 1; i < n; ++i) std::printf("%lld ", i);
    std::printf("%lld\n", n + s - least);
}
