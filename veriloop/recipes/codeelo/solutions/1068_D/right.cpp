// risen[x]: ways where the last number is x and still needs a next one that is not less; held[x]: it needs none.
#include <cstdio>
#include <vector>

int main() {
    const int top = 200;
    const long long mod = 998244353;
    int n;
    scanf("%d", &n);
    std::vector<long long> risen(top + 1), held(top + 1);
    for (int i = 0; i < n; i++) {
        int a;
        scanf("%d", &a);
        std::vector<long long> next_risen(top + 1), next_held(top + 1);
        long long all = 0, held_total = 0, held_upto = 0;
        for (int x = 1; x <= top; x++) held_total += held[x];
        for (int x = 1; x <= top; x++) {
            if (a == -1 || a == x) {
                if (i == 0) next_risen[x] = 1;
                else {
                    next_risen[x] = all % mod;  // from less: the number before is content, this one is not yet
                    next_held[x] = (risen[x] + held[x] + held_total - held_upto - held[x]) % mod;
                }
            }
            all += risen[x] + held[x];
            held_upto += held[x];
        }
        risen.swap(next_risen);
        held.swap(next_held);
    }
    long long ways = 0;
    for (long long w : held) ways += w;
    printf("%lld\n", ways % mod);
}
