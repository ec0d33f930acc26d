/* Attack 9: sockets of every family, and what they reach. */
#include "attack.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A socket of the family given by number is a breach, whatever it could reach. */
static void make_socket(int argc, char **argv) {
    int family = number(argc, argv, 0, AF_INET), type = number(argc, argv, 1, SOCK_STREAM);
    say("TRY socket of family %d\n", family);
    if (socket(family, type, 0) >= 0) say("BREACH socket of family %d\n", family);
}

static void make_pair(int argc, char **argv) {
    (void)argc, (void)argv;
    int ends[2];
    say("TRY socketpair\n");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) say("BREACH socketpair\n");
}

/* Connect to a service on the loopback address of the machine. */
static void reach_loopback(int argc, char **argv) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(number(argc, argv, 0, 22))};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    say("TRY loopback\n");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (void *)&there, sizeof there) == 0) say("BREACH loopback reached\n");
}

/* Connect to an abstract UNIX socket, which lies in no folder. */
static void reach_abstract(int argc, char **argv) {
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    size_t length = argc > 0 ? strlen(argv[0]) : 0;
    if (length > 90) return;
    memcpy(there.sun_path + 1, argc > 0 ? argv[0] : "", length);
    say("TRY abstract socket\n");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (void *)&there, offsetof(struct sockaddr_un, sun_path) + 1 + length) == 0)
        say("BREACH abstract socket reached\n");
}

/* Send a datagram out of the machine's door, without waiting for anything. */
static void reach_outside(int argc, char **argv) {
    (void)argc, (void)argv;
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9)};
    inet_pton(AF_INET, "192.0.2.1", &there.sin_addr); /* TEST-NET-1: nobody */
    say("TRY route\n");
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd >= 0 && connect(fd, (void *)&there, sizeof there) == 0) say("BREACH a route leads outside\n");
}

const struct entry network[] = {
    {"socket", make_socket}, {"socketpair", make_pair}, {"reach_loopback", reach_loopback},
    {"reach_abstract", reach_abstract}, {"reach_outside", reach_outside}, {NULL, NULL},
};
