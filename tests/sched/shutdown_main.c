// SPDX-License-Identifier: MIT
// The main of a program that vinecc only links.
int plain_main(int argc, char **argv);
int main(int argc, char **argv) { return plain_main(argc, argv); }
