/* A checker of testlib's convention whose verdict is dictated by the output: its first word is the exit code, the rest
   of that line goes to standard error. It also looks at its arguments, in testlib's order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    char words[256] = "", held[64] = "";
    int code;
    if (argc < 4) return 3;
    FILE *input = fopen(argv[1], "r"), *output = fopen(argv[2], "r"), *answer = fopen(argv[3], "r");
    if (!input || !output || !answer) return 3;
    if (!fgets(held, sizeof held, input) || strcmp(held, "the input")) return 3;
    if (!fgets(held, sizeof held, answer) || strcmp(held, "the answer")) return 3;
    if (fopen(argv[2], "a") || fopen(argv[1], "w")) return 3; /* a checker must not be able to change them */
    if (fscanf(output, "%d ", &code) != 1) return 8;
    if (fgets(words, sizeof words, output)) fputs(words, stderr);
    fflush(stderr);
#ifdef PC_BASE_EXIT_CODE
    if (code < 0) return PC_BASE_EXIT_CODE - code;
#endif
    if (code == 1000) abort();
    if (code == 1001) for (;;) ;
    if (code == 1002) for (char *p; (p = malloc(1 << 20)); memset(p, 1, 1 << 20)) ;
    return code;
}
