static int a[1 << 28] = {1};
int main(int n, char **v) { return a[n] + !v; }
