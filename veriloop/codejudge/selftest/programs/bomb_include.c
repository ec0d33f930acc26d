#include "@FILE@"
int main(void) { return 0; }
