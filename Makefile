# SPDX-License-Identifier: MIT
#
# A thin front of CMake. `make` builds, `make demo` and `make test` install
# what they need first (Debian packages; see tools/install-deps).
#   LLVM=16    another LLVM          BUILD=dir   another build folder
#   T=regex    only these tests      PREFIX=dir  for make install
#   TIDY=dir   what make tidy reads: runtime, or compiler/pass, which takes
#              long, as LLVM's headers are read for each file
#   BENCH=...  options of bench/run, for make bench and make figures
#   WERROR=ON  warnings are errors (when a folder is configured)
LLVM ?= 19
BUILD ?= $(if $(filter 19,$(LLVM)),build,build-llvm$(LLVM))
PREFIX ?= /usr/local
TYPE ?= Release
WERROR ?= OFF
JOBS ?= $(shell nproc)
# Half of the tests' time is sleep.
TEST_JOBS ?= $(shell expr 2 '*' $$(nproc))
T ?= .
TIDY ?= runtime
BENCH ?=

.PHONY: all deps demo test bench figures install deb check format tidy clean

all: deps $(BUILD)/build.ninja
	@cmake --build $(BUILD) --target vinecc

deps:
	@LLVM_VERSION=$(LLVM) tools/install-deps build

# CMake prints many lines; of an error of ours, only that line is shown.
$(BUILD)/build.ninja: | deps
	@echo "Configuring $(BUILD) (LLVM $(LLVM))"
	@cmake -G Ninja -S . -B $(BUILD) -DVINE_LLVM_VERSION=$(LLVM) \
	  -DCMAKE_BUILD_TYPE=$(TYPE) -DVINE_WERROR=$(WERROR) >$(BUILD).log 2>&1 || \
	  { grep -o 'vine: error.*' $(BUILD).log || cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

demo: all
	@demo/run $(BUILD)/bin/vinecc $(BUILD)/demo

test: deps $(BUILD)/build.ninja
	@LLVM_VERSION=$(LLVM) tools/install-deps test
	@cmake --build $(BUILD)
	@cd $(BUILD) && ctest -j$(TEST_JOBS) --output-on-failure --progress -R '$(T)'

bench: all
	@tools/install-deps bench
	@bench/run $(BUILD) $(BENCH)

# The tables of docs/guide/figures.md, and pictures.
figures: all
	@tools/install-deps bench
	@mkdir -p $(BUILD)/bench
	@bench/run $(BUILD) --json $(BUILD)/bench/figures.json \
	  --plot $(BUILD)/bench/plots --page docs/guide/figures.md $(BENCH)

install: all
	@cmake --install $(BUILD) --prefix $(PREFIX)

# Both packages, into $(BUILD).
deb: all
	@tools/install-deps deb
	@cd $(BUILD) && cpack -G DEB >cpack.log 2>&1 || { cat cpack.log; exit 1; }
	@ls $(BUILD)/*.deb

check: $(BUILD)/build.ninja
	@tools/check-style
	@tools/check-portable
	@tools/check-docs
	@tools/check-comments
	@tools/check-workflows
	@cmake --build $(BUILD) --target vine
	@tools/check-symbols $(BUILD)/lib/vine/libvine.a
	@tools/check-layers $(BUILD)/lib/vine/libvine.a

# Each file once, though three libraries are made of them.
tidy: $(BUILD)/build.ninja
	@LLVM_VERSION=$(LLVM) tools/install-deps tidy
	@run-clang-tidy-$(LLVM) -quiet -j $(JOBS) -p $(BUILD) \
	  '$(CURDIR)/$(TIDY)/.*' 2>/dev/null

format:
	@tools/check-style --fix

clean:
	rm -rf $(BUILD)
