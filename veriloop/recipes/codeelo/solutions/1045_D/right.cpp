// Components are planets that stand less wormholes between two that stand. With the parent of every planet and the sum
// over its children, a change of one planet is a few operations.
#include <cstdio>
#include <vector>

int main() {
    int n;
    scanf("%d", &n);
    std::vector<double> stands(n), below(n);
    for (double& s : stands) scanf("%lf", &s), s = 1 - s;
    std::vector<std::vector<int>> near(n);
    for (int i = 1; i < n; i++) {
        int a, b;
        scanf("%d %d", &a, &b);
        near[a].push_back(b);
        near[b].push_back(a);
    }
    std::vector<int> up(n, -1), order{0};
    double expected = 0;
    for (int i = 0; i < (int)order.size(); i++) {
        int v = order[i];
        expected += stands[v];
        for (int w : near[v])
            if (w != up[v]) {
                up[w] = v;
                below[v] += stands[w];
                expected -= stands[v] * stands[w];
                order.push_back(w);
            }
    }
    int attacks;
    scanf("%d", &attacks);
    while (attacks--) {
        int v;
        double p;
        scanf("%d %lf", &v, &p);
        double by = 1 - p - stands[v];
        expected += by * (1 - below[v] - (up[v] < 0 ? 0 : stands[up[v]]));
        if (up[v] >= 0) below[up[v]] += by;
        stands[v] += by;
        printf("%.6f\n", expected);
    }
}
