"""Tables as schools export them: comma-separated text and workbooks, headings that differ, cells that lie."""
