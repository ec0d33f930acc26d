#include <cstdlib>
#include <cstring>

int main() {
    for (;;) {
        void *piece = std::malloc(1 << 22);
        if (piece == nullptr) std::abort();
        std::memset(piece, 1, 1 << 22);
    }
}
