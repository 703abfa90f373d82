module dev.bottle/conformance

go 1.26
