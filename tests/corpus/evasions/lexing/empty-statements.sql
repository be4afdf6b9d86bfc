-- class: destructive
-- empty statements in between
;;; ;DROP TABLE archive.old_orders;;;
