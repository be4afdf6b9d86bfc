-- class: destructive
-- mixed case, tabs, form feeds, line ends in the middle
dRoP
	TaBlE
  IF   EXISTS
"archive"
.
"old_orders"