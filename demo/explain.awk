# SPDX-License-Identifier: MIT
# Explains the assembly of check.c, line by line: `vinecc -S` goes in, the
# function comes out with a remark beside what Vine added. Lines that are
# not known are shown as they are.

function show(remark, f) {
	sub(/[ \t]*#.*/, "")
	if (split($0, f, "\t") > 1)
		$0 = sprintf("    %-6s %s", f[2], f[3])
	sub(/ +$/, "")
	if (remark == "")
		print "  " $0
	else
		printf "  %-36s | %s\n", $0, remark
}

function remark_on(line) {
	if (line ~ /\.quad.*-432794/)
		return "tells calls by pointer what this is"
	if (line ~ /cmpq.*%fs:112, %rsp/)
		return "THE CHECK: is %rsp above the guard?"
	if (line ~ /jbe/)
		return "no: too little room, to the slow path"
	if (line ~ /pushq.*%rbp/)
		return "yes: an ordinary frame. Its saved %rbp"
	if (line ~ /movq.*%rsp, %rbp/)
		return "  is all that a copy has to adjust"
	if (line ~ /callq.*__vine_c_next/)
		return "next itself, or what stands below"
	if (line ~ /movl.*, %r10d/)
		return "bytes this frame needs"
	if (line ~ /movl.*, %r11d|xorl.*%r11d/)
		return "bytes of arguments on the stack"
	if (line ~ /callq.*__morestack/)
		return "copies the frames to a larger stack"
	if (line ~ /retq/ && grown)
		return "__morestack comes back behind this"
	if (line ~ /jmp.*LBB/ && grown)
		return "and here it goes on, on the new stack"
	if (line ~ /next@GOTPCREL/)
		return "not compiled by vinecc? It runs"
	if (line ~ /jmp.*__vine_foreign/)
		return "  on the thread's own, large stack"
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
