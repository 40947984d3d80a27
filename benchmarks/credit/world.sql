-- A world of any size, as loads would have landed it: {orders} orders and {recipients} recipients of one brand over three
-- years, generated inside DuckDB from hashes, so that the same numbers give the same world. People are mailed about four
-- times each and share houses; two of three orders are by people who were mailed, most with the e-mail and an address
-- spelt another way than in the mail file; codes leak; some cancel, some are refunded.
-- {campaigns} campaigns, {people} people; {first} to {last} are the rows to write in this round.

create or replace macro person_email(person) as
    'person' || person || '@mail' || person % 50 || '.example';
create or replace macro house_of(person) as hash(person) % cast({people} * 0.85 as bigint);
create or replace macro street_of(house) as
    substr('BraClaDorFinGraHolJunKelLinMarNorOakPerQuiRosSheTanUllVerWes', 1 + 3 * cast(hash(house) % 20 as int), 3)
    || chr(97 + cast(hash(house + 1) % 26 as int))
    || (['ford', 'wood', 'ton', 'ley', 'mont'])[1 + cast(hash(house + 2) % 5 as int)];
-- spelling 0 is the mail file's
create or replace macro address_of(house, spelling) as
    1 + cast(hash(house + 3) % 2000 as bigint) || (['', ' N', ''])[1 + cast(hash(house + 4) % 3 as int)] || ' '
    || street_of(house)
    || (case when spelling = 0 then [' Street', ' Avenue', ' Road', ' Drive'] else [' St', ' Ave.', ' Rd', ' Dr'] end)
        [1 + cast(hash(house + 5) % 4 as int)]
    || case
        when house % 5 = 0 then (case when spelling = 0 then ' Apt ' else ' #' end) || house % 40
        else ''
    end;
create or replace macro postcode_of(house) as lpad(cast(hash(house + 6) % 33000 as varchar), 5, '0');
create or replace macro launch_of(campaign) as
    timestamp '2023-11-01' + to_days(cast(campaign * 1000 // {campaigns} as int));
-- the person behind a campaign's nth recipient: another one each time
create or replace macro recipient_person(campaign, nth) as (nth * 7919 + campaign * 104729) % {people};
