// Cells less edges is 1 exactly for a forest that is one tree. Two pointers keep the longest segment without a cycle
// (a link-cut tree answers whether two cells are joined), a segment tree over the left end counts the minima that are 1.
#include <cstdio>
#include <utility>
#include <vector>

std::vector<int> child[2], parent_of;
std::vector<char> turned;

bool is_root(int x) { return !parent_of[x] || (child[0][parent_of[x]] != x && child[1][parent_of[x]] != x); }
void push(int x) {
    if (!turned[x]) return;
    turned[x] = 0;
    std::swap(child[0][x], child[1][x]);
    turned[child[0][x]] ^= 1;
    turned[child[1][x]] ^= 1;
}
void rotate(int x) {
    int p = parent_of[x], g = parent_of[p], side = child[1][p] == x, moved = child[!side][x];
    if (!is_root(p)) child[child[1][g] == p][g] = x;
    parent_of[x] = g;
    child[side][p] = moved;
    if (moved) parent_of[moved] = p;
    child[!side][x] = p;
    parent_of[p] = x;
}
void splay(int x) {
    std::vector<int> path{x};
    while (!is_root(path.back())) path.push_back(parent_of[path.back()]);
    for (int i = path.size(); i--;) push(path[i]);
    while (!is_root(x)) {
        int p = parent_of[x], g = parent_of[p];
        if (!is_root(p)) rotate((child[1][p] == x) == (child[1][g] == p) ? p : x);
        rotate(x);
    }
}
void access(int x) {
    for (int last = 0, y = x; y; last = y, y = parent_of[y]) splay(y), child[1][y] = last;
    splay(x);
}
void make_root(int x) { access(x), turned[x] ^= 1; }
int root(int x) {
    access(x);
    for (push(x); child[0][x]; push(x)) x = child[0][x];
    splay(x);
    return x;
}
void link(int x, int y) { make_root(x), parent_of[x] = y; }
void cut(int x, int y) {
    make_root(x), access(y), push(y);
    parent_of[child[0][y]] = 0;
    child[0][y] = 0;
}

struct Node { int low, count, add; };
std::vector<Node> tree;
void pull(int v) {
    Node &a = tree[2 * v], &b = tree[2 * v + 1];
    tree[v].low = (a.low < b.low ? a.low : b.low) + tree[v].add;
    tree[v].count = (a.low <= b.low ? a.count : 0) + (b.low <= a.low ? b.count : 0);
}
void build(int v, int l, int r) {
    tree[v] = {0, r - l + 1, 0};
    if (l < r) build(2 * v, l, (l + r) / 2), build(2 * v + 1, (l + r) / 2 + 1, r);
}
void add(int v, int l, int r, int from, int to, int by) {
    if (to < l || r < from) return;
    if (from <= l && r <= to) { tree[v].low += by, tree[v].add += by; return; }
    add(2 * v, l, (l + r) / 2, from, to, by), add(2 * v + 1, (l + r) / 2 + 1, r, from, to, by);
    pull(v);
}
int ones(int v, int l, int r, int from, int to, int above) {
    if (to < l || r < from) return 0;
    if (from <= l && r <= to) return tree[v].low + above == 1 ? tree[v].count : 0;
    above += tree[v].add;
    return ones(2 * v, l, (l + r) / 2, from, to, above) + ones(2 * v + 1, (l + r) / 2 + 1, r, from, to, above);
}

int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    int size = n * m;
    std::vector<std::vector<int>> level(n, std::vector<int>(m)), near(size + 1);
    for (auto& row : level) for (int& f : row) scanf("%d", &f);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            for (auto [a, b] : {std::pair{i - 1, j}, {i + 1, j}, {i, j - 1}, {i, j + 1}})
                if (a >= 0 && a < n && b >= 0 && b < m) near[level[i][j]].push_back(level[a][b]);
    child[0].assign(size + 1, 0), child[1] = parent_of = child[0];
    turned.assign(size + 1, 0);
    tree.resize(4 * size + 4);
    build(1, 1, size);
    long long segments = 0;
    for (int left = 1, right = 1; right <= size; right++) {
        auto closes = [&] {  // would the new cell close a cycle: two neighbours in one tree
            std::vector<int> roots;
            for (int w : near[right])
                if (left <= w && w < right) {
                    int r = root(w);
                    for (int other : roots) if (other == r) return true;
                    roots.push_back(r);
                    // access() in root(w) may change which node is a splay root, never which tree it is
                }
            return false;
        };
        while (closes()) {
            for (int w : near[left]) if (left < w && w < right) cut(left, w);
            left++;
        }
        add(1, 1, size, left, right, 1);
        for (int w : near[right])
            if (left <= w && w < right) {
                link(right, w);
                add(1, 1, size, left, w, -1);
            }
        segments += ones(1, 1, size, left, right, 0);
    }
    printf("%lld\n", segments);
}
