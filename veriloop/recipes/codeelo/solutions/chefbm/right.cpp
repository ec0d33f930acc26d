// Only raised elements matter: the steps of a row add up to its last element less its first.
#include <cstdio>
#include <map>
#include <vector>

int main() {
    int n, m, p;
    scanf("%d %d %d", &n, &m, &p);
    std::vector<std::map<int, int>> raised(n + 1);
    while (p--) {
        int i, j;
        scanf("%d %d", &i, &j);
        if (1 <= i && i <= n) raised[i][j]++;  // some tests of the set name rows that are not there
    }
    for (int i = 1; i <= n; i++) {
        auto by = [&](int j) {
            auto found = raised[i].find(j);
            return found == raised[i].end() ? 0 : found->second;
        };
        bool falls = false;
        for (auto [j, times] : raised[i]) falls |= j < m && times > 1 + by(j + 1);
        printf("%d\n", falls ? -1 : m - 1 + by(m) - by(1));
    }
}
