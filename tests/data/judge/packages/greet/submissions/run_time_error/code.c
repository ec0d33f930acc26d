#include <stdio.h>
int main(void) {
    puts("Good day!");
    return 1;
}
