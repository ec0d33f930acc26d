#if __INCLUDE_LEVEL__ < 40
#include __FILE__
#include __FILE__
#endif
#warning again and again and again and again and again and again and again and again and again and again
#if __INCLUDE_LEVEL__ == 0
int main(void) { return 0; }
#endif
