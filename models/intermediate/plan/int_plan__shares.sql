-- One row per share of households that could be held out: every hundredth up to a half.
with
shares as (
    select cast(number as double) / 100 as holdout_share
    from (select {{ first_numbers(51) }} as number) as numbers
    where number > 0
)

select * from shares
