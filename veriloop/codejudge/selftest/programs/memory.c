/* Attacks 3, 4: memory of every kind, and the truth about what was held. */
#include "attack.h"
#include <sys/ipc.h>
#include <sys/shm.h>

enum { MIB = 1 << 20 };

static char *map(long mib, int flags) {
    char *block = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    if (block == MAP_FAILED) return NULL;
    for (long i = 0; i < mib * MIB; i += 4096) block[i] = 1;
    return block;
}

static void judge_of(long held, long allowed) {
    say("MIB %ld\n", held);
    if (held > allowed) say("BREACH %ld MiB held, %ld allowed\n", held, allowed);
}

/* Take and touch memory in pieces of 8 MiB until refused. */
static void touch(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 64), held = 0;
    while (held < MEMORY_MIB && held <= allowed + 32 && map(8, MAP_PRIVATE)) held += 8;
    judge_of(held, allowed);
}

/* Exactly so much, and no more: what the judge must report. */
static void hold(int argc, char **argv) {
    long mib = number(argc, argv, 0, 32);
    if (map(mib, MAP_PRIVATE)) say("MIB %ld\n", mib);
}

/* Held and given back before the end: a peak, not what is left. */
static void peak(int argc, char **argv) {
    long mib = number(argc, argv, 0, 32);
    char *block = map(mib, MAP_PRIVATE);
    if (!block) return;
    munmap(block, mib * MIB);
    say("MIB %ld\n", mib);
}

/* Each process stays under the limit; all together do not. RLIMIT_AS counts each alone. */
static void touch_in_children(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 64), children = number(argc, argv, 1, 4);
    long each = allowed * 5 / 8, held = 0;
    int ends[2];
    if (pipe(ends)) return;
    for (long i = 0; i < children && held < MEMORY_MIB; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (map(each, MAP_PRIVATE)) (void)!write(ends[1], "x", 1);
            close(ends[1]);
            usleep(400000);
            _exit(0);
        }
        char byte;
        if (child > 0 && read(ends[0], &byte, 1) == 1) held += each;
    }
    usleep(200000); /* all of it stands this long */
    while (waitpid(-1, NULL, WNOHANG) > 0) held -= each; /* killed meanwhile, or never had it */
    judge_of(held, allowed);
}

/* A local array of that many MiB, touched: the stack must reach the memory limit and stop there. */
static void stack(int argc, char **argv) {
    long mib = number(argc, argv, 0, 32), allowed = number(argc, argv, 1, 64);
    say("TRY %ld MiB of stack\n", mib);
    volatile char *block = __builtin_alloca(mib * MIB);
    for (long i = mib * MIB - 4096; i >= 0; i -= 4096) block[i] = 1; /* the stack grows downwards */
    judge_of(mib, allowed);
}

static int fill(int fd, long mib) {
    char *piece = map(1, MAP_PRIVATE);
    for (long i = 0; piece && i < mib; i++)
        if (write(fd, piece, MIB) != MIB) return (int)i;
    return (int)mib;
}

/* Memory that is no address space: files without a name. */
static void memfd(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 64), held = 0;
    say("TRY memfd_create\n");
    while (held < MEMORY_MIB && held <= allowed + 32) {
        int fd = syscall(SYS_memfd_create, "hog", 0);
        int got = fd < 0 ? 0 : fill(fd, 16);
        held += got;
        if (got < 16) break;
    }
    judge_of(held, allowed);
}

/* System V segments, filled and detached one after the other. */
static void shm(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 64), held = 0;
    int ids[64], used = 0;
    say("TRY shmget\n");
    while (used < 64 && held <= allowed + 32) {
        int id = shmget(IPC_PRIVATE, 16 * MIB, IPC_CREAT | 0600);
        char *block = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
        if (id >= 0) ids[used++] = id;
        if (block == (char *)-1) break;
        memset(block, 1, 16 * MIB);
        shmdt(block);
        held += 16;
    }
    judge_of(held, allowed);
    for (int i = 0; i < used; i++) shmctl(ids[i], IPC_RMID, NULL);
}

/* Files in the folder given, each under the file size limit. */
static void fill_files(int argc, char **argv) {
    long allowed = number(argc, argv, 1, 16), held = 0;
    char names[64][256];
    int used = 0;
    while (argc > 0 && used < 64 && held <= allowed + 16) {
        snprintf(names[used], sizeof names[used], "%s/hog%d", argv[0], used);
        int fd = open(names[used], O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0) break;
        used++;
        int got = fill(fd, 4);
        held += got;
        close(fd);
        if (got < 4) break;
    }
    if (held > allowed) say("BREACH %ld MiB in %s, %ld allowed\n", held, argv[0], allowed);
    for (int i = 0; i < used; i++) unlink(names[i]);
}

/* Room behind the end of a file, which no limit on file sizes sees: of standard output, and of a scratch file. */
static void behind_end(int argc, char **argv) {
    long mib = number(argc, argv, 0, 96);
    char path[256];
    snprintf(path, sizeof path, "%s/behind", argc > 1 ? argv[1] : "/tmp");
    int fds[] = {1, open(path, O_RDWR | O_CREAT, 0600)};
    signal(SIGXFSZ, SIG_IGN);
    say("TRY fallocate\n");
    for (int i = 0; i < 2; i++)
        if (fallocate(fds[i], FALLOC_FL_KEEP_SIZE, 0, mib * MIB) == 0)
            say("BREACH %ld MiB behind the end of descriptor %d\n", mib, fds[i]);
    unlink(path);
}

/* Kernel memory: full pipes, as many as may be open. */
static void pipes(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 64), held = 0;
    char *piece = map(1, MAP_PRIVATE);
    int ends[2];
    while (piece && held <= allowed && pipe2(ends, O_NONBLOCK) == 0) {
        fcntl(ends[1], F_SETPIPE_SZ, MIB);
        if (write(ends[1], piece, MIB) <= 0) break;
        held += fcntl(ends[1], F_GETPIPE_SZ) / MIB;
    }
    if (held > allowed) say("BREACH %ld MiB in pipes, %ld allowed\n", held, allowed);
}

const struct entry memory[] = {
    {"touch", touch}, {"hold", hold}, {"peak", peak}, {"touch_in_children", touch_in_children},
    {"stack", stack}, {"memfd", memfd}, {"shm", shm}, {"fill_files", fill_files},
    {"behind_end", behind_end}, {"pipes", pipes}, {NULL, NULL},
};
