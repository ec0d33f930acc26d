/* All hostile programs, in one translation unit so that they compile in a third of a second.

   hostile TAG NAME [ARGUMENT...]: finds the attack of that name and runs it. By its tag the judge finds what is left. */
#include "files.c"
#include "kernel.c"
#include "memory.c"
#include "network.c"
#include "outputs.c"
#include "processes.c"
#include "traces.c"

int main(int argc, char **argv) {
    const struct entry *tables[] = {processes, memory, outputs, files, network, kernel, traces};
    if (argc < 3) return 64;
    for (unsigned t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct entry *e = tables[t]; e->name; e++)
            if (strcmp(e->name, argv[2]) == 0) {
                e->run(argc - 3, argv + 3);
                say("DONE\n");
                return 0;
            }
    return 64;
}
