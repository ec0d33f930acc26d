#include <cstdio>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    double sum = 0, x;
    for (int i = 0; i < n && std::scanf("%lf", &x) == 1; ++i) sum += x;
    std::printf("%.9f\n", sum / n);
}
