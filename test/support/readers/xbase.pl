# Prints a table as JSON the way Perl's XBase reads it: [{"deleted":bool,"values":{NAME:text|null}}], deleted rows included.
# usage: perl xbase.pl table.dbf encoding
use strict;
use warnings;
use Encode ();
use JSON::PP ();
use XBase;

my ($path, $encoding) = @ARGV;
my $table = XBase->new($path) or die XBase->errstr;
my @names = $table->field_names;
my @types = $table->field_types;
my @rows;
for my $i (0 .. $table->last_record) {
  my ($deleted, @values) = $table->get_record($i);
  my %row;
  for my $k (0 .. $#names) {
    my $value = $values[$k];
    next unless $types[$k] =~ /[CMGWNFDLIBTY]/;
    if (!defined $value) { $row{$names[$k]} = undef; next; }
    if ($types[$k] =~ /[CM]/) { $value = Encode::decode($encoding, $value, Encode::FB_CROAK); }
    elsif ($types[$k] =~ /[GW]/) { $value = unpack 'H*', $value; }
    elsif ($types[$k] eq 'I') { $value = unpack 'l', pack 'L', $value; }
    elsif ($types[$k] eq 'B') { $value = sprintf '%.17g', $value; }
    $row{$names[$k]} = "$value";
  }
  push @rows, { deleted => $deleted ? JSON::PP::true : JSON::PP::false, values => \%row };
}
print JSON::PP->new->utf8->encode(\@rows);
