# SPDX-License-Identifier: MIT
# Explains the assembly of check.c, line by line: `vinecc -S` goes in, the
# function comes out with a remark beside what Vine added. Lines that are
# not known are shown as they are.

function show(remark, f) {
	sub(/[ \t]*#.*/, "")
	if (split($0, f, "\t") > 1)
		$0 = sprintf("    %-6s %s", f[2], f[3])
	if (remark == "")
		print "  " $0
	else
		printf "  %-32s | %s\n", $0, remark
}

function remark_on(line) {
	if (line ~ /\.quad.*-432794/)
		return "marks what vinecc compiled, for calls by pointer"
	if (line ~ /cmpq.*%fs:112, %rsp/)
		return "THE CHECK: is %rsp above this goroutine's guard?"
	if (line ~ /jbe/)
		return "no: too little room, go and grow"
	if (line ~ /pushq.*%rbp/)
		return "yes: an ordinary frame. The saved %rbp is the one"
	if (line ~ /movq.*%rsp, %rbp/)
		return "  stack address in it: a copy adjusts it"
	if (line ~ /callq.*__vine_c_next/)
		return "next itself, if vinecc compiles it; else as below"
	if (line ~ /movl.*, %r10d/)
		return "bytes this frame needs"
	if (line ~ /movl.*, %r11d|xorl.*%r11d/)
		return "bytes of arguments on the stack"
	if (line ~ /callq.*__morestack/)
		return "copies all frames to a stack twice the size"
	if (line ~ /retq/ && grown)
		return "never runs: __morestack comes back behind it"
	if (line ~ /jmp.*LBB/ && grown)
		return "and here it goes on, on the new stack"
	if (line ~ /next@GOTPCREL/)
		return "next turned out not to be vinecc's:"
	if (line ~ /jmp.*__vine_foreign/)
		return "  run it on the thread's own, large stack"
	return ""
}

/^[ \t]*\.quad.*-432794/ { on = 1 }
/^__vine_c_next:/ { on = 1; print "" }
/^\.Lfunc_end/ { on = 0; grown = 0 }
on && !/^[ \t]*(#|\.cfi|\.p2align|\.type)/ {
	remark = remark_on($0)
	if ($0 ~ /__morestack/)
		grown = 1
	show(remark)
}
