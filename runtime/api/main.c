// SPDX-License-Identifier: MIT
// The main of programs whose own main vinecc compiled, under the name
// __vine_main. Alone in its object, so that other programs don't pull it in.

#include "api/init.h"
#include "base/export.h"

int __vine_main(int argc, char **argv, char **envp);

VINE_EXPORT int main(int argc, char **argv, char **envp) {
  vine__start(argc, argv, envp, __vine_main);
  return 0;
}
