# sources of yang/
