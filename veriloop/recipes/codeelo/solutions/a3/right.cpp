// Every hint is an interval of n, or the outside of one point. Sweep the numbers where an interval starts or ends and
// count how many hints hold between them: lies are the hints that do not hold.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

int main() {
    int games;
    if (scanf("%d", &games) != 1) return 0;
    while (games--) {
        int hints;
        scanf("%d", &hints);
        const long long first = 1, last = 1000000000;
        std::vector<std::pair<long long, int>> change;
        auto holds = [&](long long from, long long to) {
            from = std::max(from, first);
            to = std::min(to, last);
            if (from > to) return;
            change.push_back({from, 1});
            change.push_back({to + 1, -1});
        };
        for (int i = 0; i < hints; i++) {
            char relation[8], answer[8];
            long long x;
            scanf("%7s %lld %7s", relation, &x, answer);
            bool yes = !strcmp(answer, "Yes");  // some tests of the set misspell: what is not Yes is No
            if (relation[0] == '<') yes ? holds(first, x - 1) : holds(x, last);
            else if (relation[0] == '>') yes ? holds(x + 1, last) : holds(first, x);
            else if (yes) holds(x, x);
            else holds(first, x - 1), holds(x + 1, last);
        }
        int now = 0, most = 0;
        std::sort(change.begin(), change.end());  // of one number, ends come before starts
        for (auto [at, by] : change) most = std::max(most, now += by);
        printf("%d\n", hints - most);
    }
}
