/* Attacks 8, 10, 13, 18: the file system. Nothing that exists is changed: what is opened is closed unwritten, what is
 * made has a name of ours and is removed. */
#include "attack.h"
#include <dirent.h>
#include <ftw.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

/* Read the file or folder given by path: hidden tests, answers, the judge's source. */
static void read_path(int argc, char **argv) {
    static char block[256];
    for (int i = 0; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);
        if (fd < 0) continue;
        struct stat about;
        fstat(fd, &about);
        if (S_ISDIR(about.st_mode) || read(fd, block, sizeof block) > 0)
            say("BREACH %s can be read\n", argv[i]);
        close(fd);
    }
}

/* Look into every process that /proc shows for the secret: environment, files, working folder, root. */
static void read_proc(int argc, char **argv) {
    const char *secret = argc > 0 ? argv[0] : "?", *inside[] = {"environ", "cmdline", "fd/3", "cwd/secret"};
    static char block[1 << 16], path[512];
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid()) continue;
        for (unsigned i = 0; i < sizeof inside / sizeof *inside; i++) {
            snprintf(path, sizeof path, "/proc/%ld/%s", pid, inside[i]);
            int fd = open(path, O_RDONLY | O_NONBLOCK);
            ssize_t got = fd < 0 ? 0 : read(fd, block, sizeof block);
            if (got > 0 && memmem(block, got, secret, strlen(secret)))
                say("BREACH the secret is in %s\n", path);
            close(fd);
        }
    }
}

/* PID 1 of where we are: as init of a box its environment must be empty. */
static void read_init(int argc, char **argv) {
    (void)argc, (void)argv;
    static char block[1 << 16];
    const char *paths[] = {"/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/fd/0"};
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = open(paths[i], O_RDONLY | O_NONBLOCK);
        if (fd >= 0 && read(fd, block, sizeof block) > 0) say("BREACH %s can be read\n", paths[i]);
        close(fd);
    }
}

/* Create a file in each folder given; it is removed at once. */
static void create(int argc, char **argv) {
    static char path[512];
    for (int i = 0; i < argc; i++) {
        snprintf(path, sizeof path, "%s/.veriloop-selftest-%d", argv[i], getpid());
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0) continue;
        say("BREACH %s was created\n", path);
        close(fd);
        unlink(path);
    }
}

/* Open each file given for writing, and write nothing. */
static void open_for_writing(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        int fd = open(argv[i], O_WRONLY | O_NOCTTY);
        if (fd >= 0) say("BREACH %s opened for writing\n", argv[i]);
        close(fd);
    }
}

/* Change the mode of a file of the user's, which it needs no way to open: only its owner may. */
static void change_mode(int argc, char **argv) {
    struct stat about;
    say("TRY chmod\n");
    for (int i = 0; i < argc; i++) {
        if (stat(argv[i], &about)) about.st_mode = 0644;
        if (chmod(argv[i], about.st_mode & 07777) == 0) say("BREACH the mode of %s may be set\n", argv[i]);
        if (utimensat(AT_FDCWD, argv[i], NULL, 0) == 0) say("BREACH the time of %s may be set\n", argv[i]);
    }
}

/* Change our own program, which the next test runs too. */
static void spoil_program(int argc, char **argv) {
    const char *path = argc > 0 ? argv[0] : "/box/hostile";
    static char away[512];
    say("TRY %s\n", path);
    snprintf(away, sizeof away, "%s.away", path);
    if (chmod(path, 0755) == 0) say("BREACH chmod of %s\n", path);
    if (rename(path, away) == 0) {
        say("BREACH rename of %s\n", path);
        rename(away, path);
    }
    int fd = open(path, O_RDWR);
    if (fd >= 0) say("BREACH %s opened for writing\n", path);
    if (link(path, away) == 0) {
        say("BREACH a second name for %s\n", path);
        unlink(away);
    }
}

/* Block devices of the machine, by making their nodes. */
static void make_device(int argc, char **argv) {
    const char *folder = argc > 0 ? argv[0] : "/tmp";
    static char path[256];
    static const unsigned ids[][3] = {{S_IFBLK, 8, 0}, {S_IFBLK, 254, 0}, {S_IFCHR, 1, 1}, {S_IFCHR, 1, 11}};
    say("TRY mknod\n");
    for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++) {
        snprintf(path, sizeof path, "%s/node%u", folder, i);
        if (mknod(path, ids[i][0] | 0600, makedev(ids[i][1], ids[i][2])) == 0) {
            int fd = open(path, O_RDONLY | O_NONBLOCK);
            if (fd >= 0) say("BREACH device %u:%u opened\n", ids[i][1], ids[i][2]);
            close(fd);
            unlink(path);
        }
    }
}

/* Put something that is no regular file where the judge collects an output. */
static void plant(int argc, char **argv) {
    const char *what = argc > 0 ? argv[0] : "file", *place = argc > 1 ? argv[1] : "/tmp/out";
    const char *target = argc > 2 ? argv[2] : "/etc/passwd";
    say("TRY %s\n", what);
    if (!strcmp(what, "symlink")) {
        if (symlink(target, place)) say("REFUSED\n");
    } else if (!strcmp(what, "hardlink")) {
        if (link(target, place)) say("REFUSED\n");
    } else if (!strcmp(what, "fifo")) {
        if (mkfifo(place, 0666)) say("REFUSED\n");
    } else if (!strcmp(what, "folder")) {
        if (mkdir(place, 0777)) say("REFUSED\n");
    } else {
        long size = !strcmp(what, "large") ? 8 << 20 : 0;
        int fd = open(place, O_WRONLY | O_CREAT, 0666);
        (void)!write(fd, "plain", 5);
        if (size) (void)!ftruncate(fd, size);
        close(fd);
    }
}

/* Files without number: more than the allowed inodes is a breach. */
static void fill_inodes(int argc, char **argv) {
    const char *folder = argc > 0 ? argv[0] : "/tmp";
    long allowed = number(argc, argv, 1, 256), made = 0;
    char path[512];
    while (made <= allowed + 64) {
        snprintf(path, sizeof path, "%s/inode%ld", folder, made);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0) break;
        close(fd);
        made++;
    }
    if (made > allowed) say("BREACH %ld files made, %ld allowed\n", made, allowed);
    for (long i = 0; i < made; i++) {
        snprintf(path, sizeof path, "%s/inode%ld", folder, i);
        unlink(path);
    }
}

/* A folder so deep that paths do not reach its end, of folders that cannot be entered. */
static void deep_folders(int argc, char **argv) {
    const char *folder = argc > 0 ? argv[0] : "/tmp";
    long depth = number(argc, argv, 1, 600), made = 0;
    char name[201];
    memset(name, 'd', 200), name[200] = 0;
    if (chdir(folder)) return;
    while (made < depth && mkdir(name, 0700) == 0 && chdir(name) == 0) made++;
    for (long i = 0; i < made && chdir("..") == 0; i++) chmod(name, 0);
    say("TRY %ld folders deep\n", made);
}

/* Breach if the folder is not empty. */
static void is_empty(int argc, char **argv) {
    DIR *folder = opendir(argc > 0 ? argv[0] : "/tmp");
    struct dirent *entry;
    if (!folder) say("BREACH the folder cannot be read\n");
    while (folder && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            say("BREACH %.40s was left\n", entry->d_name);
}

/* Leave the root: by .. from a folder above it, by chroot, by a mount. */
static void leave_root(int argc, char **argv) {
    static char path[512];
    snprintf(path, sizeof path, "%s/jail", argc > 0 ? argv[0] : "/tmp");
    say("TRY chroot\n");
    int up = open("/", O_RDONLY | O_DIRECTORY);
    mkdir(path, 0700);
    if (chroot(path) == 0 && fchdir(up) == 0) say("BREACH chroot\n");
}

const struct entry files[] = {
    {"read_path", read_path}, {"read_proc", read_proc}, {"read_init", read_init},
    {"create", create}, {"open_for_writing", open_for_writing}, {"spoil_program", spoil_program},
    {"change_mode", change_mode},
    {"make_device", make_device}, {"plant", plant}, {"fill_inodes", fill_inodes},
    {"deep_folders", deep_folders}, {"is_empty", is_empty}, {"leave_root", leave_root},
    {NULL, NULL},
};
