-- class: destructive
-- block comments nest: the first */ does not end the outer one
/* a /* b */ c */ DROP/**/TABLE/* x */archive.old_orders;
