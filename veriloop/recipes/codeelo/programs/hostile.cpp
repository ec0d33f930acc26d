// Asks for a root of its own before anything else.
#include <cstdio>
#include <unistd.h>

int main() { std::printf("%d\n", chroot("/tmp")); }
