# Turns YANG files into one C file: a table of module names and texts, for the program
# that makes the schema of them.
BEGIN {
	print "/* The texts of the YANG modules; made by yang/embed.awk. */"
	print "#include \"lib/sys/schema_modules.h\"\n"
	print "const struct schema_module schema_modules[] = {"
}
FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	sub(/^.*\//, "", name)
	sub(/\.yang$/, "", name)
	print "\t{ \"" name "\","
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	print "\t  \"" $0 "\\n\""
}
END {
	print "\t},"
	print "\t{ 0, 0 }\n};"
}
