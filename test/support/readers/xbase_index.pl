# Lists an index file as Perl's XBase reads it: one entry a line, the key's bytes in hexadecimal without those that are not stored at its end, and the record number.
# usage: perl xbase_index.pl file [tag]
use strict;
use warnings;
use XBase::Index;

my ($path, $tag) = @ARGV;
my $index = XBase::Index->new($path, type => 'C', defined $tag ? (tag => $tag) : ()) or die XBase::Index->errstr;
$index->prepare_select;
while (my ($key, $recno) = $index->fetch) { print unpack('H*', $key), " $recno\n"; }
