/* Right, but for the 128 MiB that it fills first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
    char *much = malloc(128 << 20);
    if (!much) abort();
    memset(much, 1, 128 << 20);
    puts(much[77] ? "Good day!" : "");
}
