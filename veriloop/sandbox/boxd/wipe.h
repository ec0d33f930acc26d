/* Emptying folders that hostile programs filled. */
#ifndef WIPE_H
#define WIPE_H

#include "system.h"
#include <dirent.h>
#include <sys/stat.h>

static int is_empty(const char *path) {
    struct stat status;
    DIR *folder = stat(path, &status) == 0 && (status.st_mode & 0500) == 0500 ? opendir(path) : NULL;
    if (!folder) return 0;
    int entries = 0;
    while (entries <= 2 && readdir(folder)) entries++;
    closedir(folder);
    return entries == 2;
}

/* Empty a folder, however deep it is, without recursion: what lies in a subfolder moves up, then the folder goes. */
static int wipe(const char *path, mode_t mode) {
    int top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (top < 0) return -1;
    static unsigned long serial;
    for (int left = 1; left;) {
        left = 0;
        int copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *folder = copy < 0 ? NULL : fdopendir(copy);
        if (!folder) break;
        for (struct dirent *entry; (entry = readdir(folder));) {
            const char *name = entry->d_name;
            if (!strcmp(name, ".") || !strcmp(name, "..") || unlinkat(top, name, 0) == 0) continue;
            fchmodat(top, name, 0700, 0);
            if (unlinkat(top, name, AT_REMOVEDIR) == 0) continue;
            left = 1;
            int inner = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            DIR *below = inner < 0 ? NULL : fdopendir(inner);
            if (!below) { closedir(folder); close(top); return -1; }
            for (struct dirent *e; (e = readdir(below));) {
                if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
                if (unlinkat(inner, e->d_name, 0) == 0) continue;
                char up[40];
                snprintf(up, sizeof up, ".veriloop-%lu", serial++);
                fchmodat(inner, e->d_name, 0700, 0);
                renameat(inner, e->d_name, top, up);
            }
            closedir(below);
            unlinkat(top, name, AT_REMOVEDIR);
        }
        closedir(folder);
    }
    fchmod(top, mode);
    close(top);
    return 0;
}

#endif
