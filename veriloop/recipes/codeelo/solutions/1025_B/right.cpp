// A prime divisor of either number of the first pair serves, if any does.
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

int main() {
    int n;
    scanf("%d", &n);
    std::vector<std::pair<long long, long long>> pairs(n);
    for (auto& [a, b] : pairs) scanf("%lld %lld", &a, &b);
    std::set<long long> primes;
    for (long long x : {pairs[0].first, pairs[0].second}) {
        for (long long p = 2; p * p <= x; p++)
            while (x % p == 0) primes.insert(p), x /= p;
        if (x > 1) primes.insert(x);
    }
    for (long long p : primes) {
        bool serves = true;
        for (auto [a, b] : pairs)
            if (a % p && b % p) {
                serves = false;
                break;
            }
        if (serves) {
            printf("%lld\n", p);
            return 0;
        }
    }
    printf("-1\n");
}
