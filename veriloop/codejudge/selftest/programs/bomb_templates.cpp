template <int N, int M> struct A { static const int value = A<N - 1, 2 * M>::value + A<N - 1, 2 * M + 1>::value; };
template <int M> struct A<0, M> { static const int value = 1; };
int main() { return A<24, 0>::value; }
