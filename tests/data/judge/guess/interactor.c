/* Guess a number from 1 to 1000 with ten questions. testlib's convention: interactor input tout [answer], exit codes
   0, 1, 2; with -DKATTIS the ICPC one: validator input answer feedback_dir, exit codes 42 and 43. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **place;

static void end(int testlib, int kattis, const char *words, int asked) {
#ifdef KATTIS
    char path[4096];
    snprintf(path, sizeof path, "%s/judgemessage.txt", place[3]);
    FILE *f = fopen(path, "w");
    fprintf(f, "%s after %d\n", words, asked);
    fclose(f);
    exit(kattis);
#else
    FILE *f = fopen(place[2], "w");
    fprintf(f, "%d\n", asked);
    fclose(f);
    fprintf(stderr, "%s after %d\n", words, asked);
    exit(testlib);
#endif
}

int main(int argc, char **argv) {
    if (argc < 3) return 3;
    place = argv;
    int secret;
    FILE *f = fopen(argv[1], "r");
    if (!f || fscanf(f, "%d", &secret) != 1) return 3;
    for (int asked = 1; asked <= 10; asked++) {
        int guess, got = scanf("%d", &guess);
        if (got == EOF) end(1, 43, "no guess", asked);
        if (got != 1) end(2, 43, "not a number", asked);
        if (guess == secret) {
            puts("correct");
            fflush(stdout);
            end(0, 42, "found", asked);
        }
        puts(guess < secret ? "higher" : "lower");
        fflush(stdout);
    }
    end(1, 43, "too many guesses", 10);
}
