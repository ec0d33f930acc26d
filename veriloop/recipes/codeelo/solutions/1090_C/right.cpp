// The r fullest boxes keep one more than the rest, r the remainder. Who has too many gives to who has too few; a fuller
// box always holds a kind that the other lacks.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    std::vector<std::vector<int>> box(n);
    long long total = 0;
    for (auto& b : box) {
        int s;
        scanf("%d", &s);
        total += s;
        b.resize(s);
        for (int& kind : b) scanf("%d", &kind);
    }
    std::vector<int> order(n), goal(n), mark(m + 1, -1);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) { return box[a].size() > box[b].size(); });
    for (int i = 0; i < n; i++) goal[order[i]] = total / n + (i < total % n);
    struct Move { int from, to, kind; };
    std::vector<Move> moves;
    int stamp = 0;
    for (int giver = 0, taker = n - 1; giver < taker;) {
        int from = order[giver], to = order[taker];
        if ((int)box[from].size() <= goal[from]) { giver++; continue; }
        if ((int)box[to].size() >= goal[to]) { taker--; continue; }
        stamp++;
        for (int kind : box[to]) mark[kind] = stamp;
        for (int i = 0; i < (int)box[from].size();) {
            if ((int)box[from].size() <= goal[from] || (int)box[to].size() >= goal[to]) break;
            int kind = box[from][i];
            if (mark[kind] == stamp) { i++; continue; }
            moves.push_back({from, to, kind});
            box[to].push_back(kind);
            box[from][i] = box[from].back();
            box[from].pop_back();
        }
    }
    printf("%zu\n", moves.size());
    for (auto [from, to, kind] : moves) printf("%d %d %d\n", from + 1, to + 1, kind);
}
