/* Right, but for the 128 MiB that it fills first, one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
    int filled = 0;
    for (int i = 0; i < 128; i++) {
        char *part = malloc(1 << 20);
        if (!part) abort();
        memset(part, 1, 1 << 20);
        filled += part[i];
    }
    puts(filled == 128 ? "Good day!" : "");
}
