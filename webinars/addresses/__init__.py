"""Lists of email addresses as people have them: pasted, as CSV from any spreadsheet, as a workbook (spec 3).

`read_file` and `pasted` yield each line that is not blank, in order, with its number in the file and its address, or
why there is none. Nothing here holds more than one line, apart from what a workbook shares among its cells.
"""
