// All sequences less those that stay in one component of red edges.
#include <cstdio>
#include <numeric>
#include <vector>

std::vector<int> leader;
int find(int v) {
    while (leader[v] != v) v = leader[v] = leader[leader[v]];
    return v;
}
long long power(long long base, int times) {
    long long product = 1;
    while (times--) product = product * base % 1000000007;
    return product;
}

int main() {
    int n, k;
    scanf("%d %d", &n, &k);
    leader.resize(n + 1);
    std::iota(leader.begin(), leader.end(), 0);
    for (int i = 1; i < n; i++) {
        int u, v, black;
        scanf("%d %d %d", &u, &v, &black);
        if (!black) leader[find(u)] = find(v);
    }
    std::vector<int> size(n + 1);
    for (int v = 1; v <= n; v++) size[find(v)]++;
    long long good = power(n, k);
    for (int s : size) good += 1000000007 - power(s, k);
    printf("%lld\n", good % 1000000007);
}
