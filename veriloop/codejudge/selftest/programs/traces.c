/* Attacks 14, 20: what one run leaves for the next, and what gives the judge away. */
#include "attack.h"
#include <mqueue.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

extern char **environ;

enum { KEY = 0x7e511005 };

/* A file in the folder given. */
static void leave_file(int argc, char **argv) {
    if (argc < 1 || chdir(argv[0])) return;
    int fd = open("left", O_WRONLY | O_CREAT, 0666);
    (void)!write(fd, "mark", 4);
}
static void find_file(int argc, char **argv) {
    if (argc < 1 || chdir(argv[0])) return;
    if (access("left", F_OK) == 0) say("BREACH the file is still there\n");
    unlink("left");
}

/* System V shared memory, which has no owner process. */
static void leave_shm(int argc, char **argv) {
    (void)argc, (void)argv;
    say("TRY shmget\n");
    shmget(KEY, 4096, IPC_CREAT | 0666);
}
static void find_shm(int argc, char **argv) {
    (void)argc, (void)argv;
    say("TRY shmget\n");
    int id = shmget(KEY, 0, 0);
    if (id < 0) return;
    say("BREACH the segment is still there\n");
    shmctl(id, IPC_RMID, NULL);
}

/* A POSIX message queue. */
static void leave_queue(int argc, char **argv) {
    (void)argc, (void)argv;
    say("TRY mq_open\n");
    mq_open("/veriloop-selftest", O_CREAT | O_RDWR, 0666, NULL);
}
static void find_queue(int argc, char **argv) {
    (void)argc, (void)argv;
    say("TRY mq_open\n");
    if (mq_open("/veriloop-selftest", O_RDONLY) == (mqd_t)-1) return;
    say("BREACH the queue is still there\n");
    mq_unlink("/veriloop-selftest");
}

/* A key in the user's keyring, which outlives every process. */
static void leave_key(int argc, char **argv) {
    (void)argc, (void)argv;
    say("TRY add_key\n");
    syscall(SYS_add_key, "user", "veriloop-selftest", "mark", 4, -4); /* the user keyring */
}
static void find_key(int argc, char **argv) {
    (void)argc, (void)argv;
    say("TRY keyctl\n");
    long key = syscall(SYS_keyctl, 10, -4, "user", "veriloop-selftest", 0); /* search */
    if (key < 0) return;
    say("BREACH the key is still there\n");
    syscall(SYS_keyctl, 21, key, 0, 0, 0); /* invalidate */
}

/* Marks on the three descriptors that the next run gets too, if the judge uses its files again: flags and locks of
 * the open file, the mode, times, attributes and hints of the file. And on the folder given. */
static void leave_marks(int argc, char **argv) {
    struct timespec mark[2] = {{1234567, 891}, {1234567, 891}};
    uint64_t hint = 4;
    for (int fd = 0; fd < 3; fd++) {
        struct stat about;
        if (fstat(fd, &about) || S_ISCHR(about.st_mode)) continue; /* a device is the machine's, not the judge's */
        fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | O_ASYNC | O_DIRECT);
        fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | O_ASYNC);
        fcntl(fd, F_SETSIG, SIGUSR1);
        fcntl(fd, F_SETPIPE_SZ, 4096);
        fcntl(fd, F_SET_RW_HINT, &hint);
        fchmod(fd, 0641);
        fsetxattr(fd, "user.mark", "mark", 4, 0);
        futimens(fd, mark);
        flock(fd, LOCK_EX | LOCK_NB);
    }
    if (argc < 1) return;
    chmod(argv[0], 0711);
    utimensat(AT_FDCWD, argv[0], mark, 0);
}
static void find_marks(int argc, char **argv) {
    struct stat folder;
    if (argc > 0 && stat(argv[0], &folder) == 0 && ((folder.st_mode & 07777) == 0711 || folder.st_mtim.tv_sec == 1234567))
        say("BREACH the folder has the marks\n");
    for (int fd = 0; fd < 3; fd++) {
        struct stat about;
        uint64_t hint = 0;
        int flags = fcntl(fd, F_GETFL), size = fcntl(fd, F_GETPIPE_SZ);
        if (flags & (O_NONBLOCK | O_APPEND | O_ASYNC | O_DIRECT)) say("BREACH descriptor %d has flags %o\n", fd, flags);
        if (fcntl(fd, F_GETSIG) != 0) say("BREACH descriptor %d has a signal\n", fd);
        if (size > 0 && size < 65536) say("BREACH descriptor %d has a pipe of %d bytes\n", fd, size);
        if (fcntl(fd, F_GET_RW_HINT, &hint) == 0 && hint) say("BREACH descriptor %d has a hint\n", fd);
        if (fgetxattr(fd, "user.mark", NULL, 0) > 0) say("BREACH descriptor %d has an attribute\n", fd);
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int again = open(path, fd ? O_WRONLY : O_RDONLY); /* a description of our own */
        if (again >= 0 && flock(again, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) say("BREACH descriptor %d is locked\n", fd);
        close(again);
        if (fstat(fd, &about)) continue;
        if ((about.st_mode & 07777) == 0641) say("BREACH descriptor %d has the mode\n", fd);
        if (about.st_mtim.tv_sec == 1234567 || about.st_atim.tv_sec == 1234567) say("BREACH descriptor %d has the time\n", fd);
    }
}

/* An access list on the folder of scratch files, whose times are set back: mode and size do not show it. */
static void leave_list(int argc, char **argv) {
    static const unsigned char list[] = {2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 4, 0, 5, 0,
                                         255, 255, 255, 255, 32, 0, 1, 0, 255, 255, 255, 255};
    struct timespec zero[2] = {{0, 0}, {0, 0}};
    if (argc < 1) return;
    setxattr(argv[0], "system.posix_acl_default", list, sizeof list, 0);
    utimensat(AT_FDCWD, argv[0], zero, 0);
}
static void find_list(int argc, char **argv) {
    if (argc > 0 && getxattr(argv[0], "system.posix_acl_default", NULL, 0) > 0) say("BREACH the list is still there\n");
}

/* The environment must hold nothing of the user's; allowed names are given. */
static void environment(int argc, char **argv) {
    for (char **e = environ; *e; e++) {
        int known = 0;
        for (int i = 0; i < argc; i++) {
            size_t length = strlen(argv[i]);
            known |= !strncmp(*e, argv[i], length) && (*e)[length] == '=';
        }
        if (!known) say("BREACH %.60s\n", *e);
    }
}

/* The machine's name, and who is logged in. */
static void host_name(int argc, char **argv) {
    struct utsname names;
    uname(&names);
    if (argc > 0 && !strcmp(names.nodename, argv[0])) say("BREACH the host is %s\n", names.nodename);
    if (getlogin()) say("BREACH the login is %s\n", getlogin());
}

const struct entry traces[] = {
    {"leave_file", leave_file}, {"find_file", find_file}, {"leave_shm", leave_shm},
    {"find_shm", find_shm}, {"leave_queue", leave_queue}, {"find_queue", find_queue},
    {"leave_marks", leave_marks}, {"find_marks", find_marks},
    {"leave_list", leave_list}, {"find_list", find_list}, {"leave_key", leave_key}, {"find_key", find_key}, {"environment", environment},
    {"host_name", host_name}, {NULL, NULL},
};
