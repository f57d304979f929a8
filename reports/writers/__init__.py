"""The frozen bulletin set as HTML, PDF, Word and workbook; no writer computes or rounds."""
