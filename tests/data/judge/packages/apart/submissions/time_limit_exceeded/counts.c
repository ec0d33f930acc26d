#include <stdio.h>
int main(void) {
    long long a, b;
    while (scanf("%lld %lld", &a, &b) == 2) {
        volatile long long steps = 0;
        for (long long i = a < b ? a : b; i < (a < b ? b : a); i++) steps++;
        printf("%lld\n", (long long)steps);
    }
}
